"""What the process is given: keys, hosts, clock, Git, GitHub Actions, stores."""
