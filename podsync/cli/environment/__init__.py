"""The environment of the process: keys, hosts, clock, Git, GitHub Actions, stores."""
