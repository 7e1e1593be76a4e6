#!/usr/bin/env bash
# Made by `podsync init --ci github`. Sets up on GitHub what the workflows rely on; needs `gh`, and the rights
# of an administrator. To be run once, when main has been pushed; running it again does no harm.
#
# A workflow that names an environment which does not exist creates it WITHOUT RULES: without this script
# nobody is asked before an apply. Required reviewers need a public repository or GitHub Enterprise.
set -euo pipefail

# 1. The environment `production`: you review each apply; only main may use it.
reviewers="[{\"type\": \"User\", \"id\": $(gh api user --jq .id)}]"
if [ "${1:-}" = --without-reviewers ]; then reviewers='[]'; fi
if ! gh api --silent --method PUT 'repos/{owner}/{repo}/environments/production' --input - <<JSON; then
{"reviewers": $reviewers,
 "deployment_branch_policy": {"protected_branches": false, "custom_branch_policies": true}}
JSON
  printf '%s\n' 'GitHub takes no reviewers for this repository (they need a public one or GitHub Enterprise).' \
    "To go on with applies that ask nobody: $0 --without-reviewers" >&2
  exit 1
fi
branches="$(gh api 'repos/{owner}/{repo}/environments/production/deployment-branch-policies' --jq '.branch_policies[].name')"
case $'\n'"$branches"$'\n' in
  *$'\nmain\n'*) ;;
  *) gh api --silent --method POST 'repos/{owner}/{repo}/environments/production/deployment-branch-policies' -f name=main ;;
esac

# 2. The keys, as secrets of that environment: no pull request and no other job sees them.
for name in KAKACLO_ACCESS_TOKEN GELATO_API_KEY; do
  read -rsp "$name (Enter: not now): " value || true
  printf '\n'
  if [ -n "${value:-}" ]; then printf '%s' "$value" | gh secret set "$name" --env production; fi
done

# 3. The rules of two branches: main changes by pull requests whose plan was made; nobody rewrites the state.
rules="$(gh api 'repos/{owner}/{repo}/rulesets' --jq '.[].name')"
case "$rules" in
  *'podsync: main'*) ;;
  *) gh api --silent --method POST 'repos/{owner}/{repo}/rulesets' --input - <<'JSON' ;;
{"name": "podsync: main", "target": "branch", "enforcement": "active",
 "conditions": {"ref_name": {"include": ["refs/heads/main"], "exclude": []}},
 "rules": [
  {"type": "deletion"}, {"type": "non_fast_forward"},
  {"type": "pull_request", "parameters": {"required_approving_review_count": 0,
    "dismiss_stale_reviews_on_push": false, "require_code_owner_review": true,
    "require_last_push_approval": false, "required_review_thread_resolution": false}},
  {"type": "required_status_checks", "parameters": {"strict_required_status_checks_policy": false,
    "required_status_checks": [{"context": "podsync plan"}]}}]}
JSON
esac
case "$rules" in
  *'podsync: state'*) ;;
  *) gh api --silent --method POST 'repos/{owner}/{repo}/rulesets' --input - <<'JSON' ;;
{"name": "podsync: state", "target": "branch", "enforcement": "active",
 "conditions": {"ref_name": {"include": ["refs/heads/podsync-state"], "exclude": []}},
 "rules": [{"type": "deletion"}, {"type": "non_fast_forward"}]}
JSON
esac
printf '%s\n' 'Done. Open a pull request with a product: its plan appears there, and the apply waits for you.'
