#!/usr/bin/env bash
# Made by `podsync init --ci github`. Sets up on GitHub what the workflows rely on; needs `gh`, and the rights
# of an administrator. To be run when the branch has been pushed. Running it again keeps what is there: reviewers,
# a timer, branches, rules and owners that somebody else has set.
#   --alone              nobody but you reviews: no approval is asked for, and pull requests are still needed
#   --without-reviewers  the environment asks nobody (a private repository without GitHub Enterprise)
#
# A workflow that names an environment which does not exist creates it WITHOUT RULES: without this script
# nobody is asked before an apply. Required reviewers need a public repository or GitHub Enterprise.
set -euo pipefail
branch='@@BRANCH@@' environments=(@@PLACES@@) states=(@@STATES@@) looking=(@@DRIFTS@@)
label='@@LABEL@@' # of the catalog in this folder
approvals=1 last_push=true owners_asked=true reviewers_asked=true
for word in "$@"; do
  case "$word" in
    --alone) approvals=0 last_push=false owners_asked=false ;;
    --without-reviewers) reviewers_asked=false ;;
    *) printf '%s\n' "unknown: $word" >&2 && exit 64 ;;
  esac
done
for program in gh git jq; do
  command -v "$program" >/dev/null || { printf '%s\n' "this script needs $program" >&2 && exit 1; }
done
me="$(gh api user --jq .login)"
mine="$(gh api user --jq '{type: "User", id: .id}')"
if [ "$reviewers_asked" = false ]; then mine=''; fi

# 1. Owners: who must agree before a file is changed that runs with the keys or says where they go. The last line
# that matches a file decides, so that a later line of somebody else's can take it: that is told, and left.
cd "$(dirname "$0")/.."
owners='.github/CODEOWNERS' added='' wrong=''
for other in CODEOWNERS docs/CODEOWNERS; do # GitHub reads the first one that is there
  if [ ! -e "$owners" ] && [ -e "$other" ]; then owners="$other"; fi
done
touch "$owners"
guarded=(@@GUARDED@@)
if [ "$owners" != .github/CODEOWNERS ]; then guarded+=("/$owners"); fi
tries="$(mktemp -d)"
trap 'rm -rf "$tries"' EXIT
git init --quiet --template= "$tries"
mkdir "$tries/.git/info"
matching() { # which paths of stdin a pattern is for: Git reads patterns as CODEOWNERS does
  printf '%s\n' "$1" >"$tries/.git/info/exclude"
  git -C "$tries" -c core.ignoreCase=false -c core.excludesFile=/dev/null -c core.quotePath=false \
    check-ignore --no-index --stdin || true
}
split() { # a line of owners into pattern and people
  local words='^[[:space:]]*(([^\#[:space:]]|\\.)([^\[:space:]]|\\.)*)([^#]*)' names
  pattern='' people=''
  if [[ $1 =~ $words ]]; then
    pattern="${BASH_REMATCH[1]}"
    read -ra names <<<"${BASH_REMATCH[4]}" && people="${names[*]-}"
  fi
}
lines=()
while IFS= read -r line || [ -n "$line" ]; do lines+=("${line%$'\r'}"); done <"$owners"
for place in "${guarded[@]}"; do
  at='' who=''
  for ((index = 0; index < ${#lines[@]}; index++)); do
    split "${lines[index]}"
    if [ "$pattern" = "$place" ]; then at=$index who="$people"; fi
  done
  if [ -z "$at" ]; then
    printf '%s @%s\n' "$place" "$me" >>"$owners"
    added=1
    continue
  fi
  if [ -z "$who" ]; then
    printf '%s:%s: nobody owns %s; put a name after it.\n' "$owners" $((at + 1)) "$place" >&2
    wrong=1
  fi
  # Files of that place: those that are there, and such as may come.
  files="$({
    git -c core.quotePath=false ls-files | matching "$place" | grep -vE '^\.github/([A-Z]+_TEMPLATE|[^/]*\.md$)' || true
    case "$place" in
      /.github/) printf '.github/%s\n' CODEOWNERS workflows/any.yml workflows/any.yaml actions/any/action.yml ;;
      *'*'* | *'?'*) ;;
      */) printf '%s\n' "${place#/}any.json" ;;
      *) printf '%s\n' "${place#/}" ;;
    esac
  })"
  for ((index = at + 1; index < ${#lines[@]}; index++)); do
    split "${lines[index]}"
    if [ -z "$pattern" ] || [ "$people" = "$who" ]; then continue; fi
    taken="$(printf '%s\n' "$files" | matching "$pattern" | sed -n 1p)"
    if [ -n "$taken" ]; then
      printf '%s:%s: %s takes %s from %s: the last line that matches decides. Move line %s below it.\n' \
        "$owners" $((index + 1)) "$pattern ${people:-(nobody)}" "$taken" "${who:-nobody}" $((at + 1)) >&2
      wrong=1
    fi
  done
done
if [ -n "$added" ]; then
  git add -- "$owners"
  git commit --quiet --only --message 'Owners of what runs with the keys' -- "$owners"
  if [ "$(git symbolic-ref --short HEAD)" != "$branch" ] || ! git push --quiet origin "HEAD:refs/heads/$branch"; then
    printf '%s\n' "$owners is committed here; bring it to $branch by a pull request." >&2
  fi
fi

# 2. The environments: you review each apply, and only one branch may use them. What others set stays. Those of
# the nightly look for drift ask nobody: what has their keys only reads, though a key itself may be able to write.
for environment in "${environments[@]}" "${looking[@]}"; do
  asked="$mine"
  case " ${looking[*]} " in *" $environment "*) asked='' ;; esac
  at="repos/{owner}/{repo}/environments/$environment"
  if ! given="$(gh api "$at" 2>&1)"; then
    case "$given" in
      *'HTTP 404'*) given='{}' ;; # not there yet
      *) printf '%s\n' "$given" >&2 && exit 1 ;; # what others have set is not known: nothing is overwritten
    esac
  fi
  # shellcheck disable=SC2016 # the dollars are jq's
  kept="$(printf '%s' "$given" | jq --argjson mine "[${asked}]" '
    [.protection_rules[]?] as $rules
    | [$rules[] | .reviewers[]? | {type, id: .reviewer.id}] as $there
    | {wait_timer: ([$rules[] | .wait_timer // empty] | first // 0),
       prevent_self_review: ([$rules[] | .prevent_self_review // empty] | first // false),
       reviewers: (if ($there | length) > 0 then $there else $mine end),
       deployment_branch_policy: (.deployment_branch_policy // {protected_branches: false, custom_branch_policies: true})}')"
  if ! printf '%s' "$kept" | gh api --silent --method PUT "$at" --input -; then
    printf '%s\n' 'GitHub takes no reviewers for this repository (they need a public one or GitHub Enterprise).' \
      "To go on with applies that ask nobody: $0 --without-reviewers" >&2
    exit 1
  fi
  if [ "$(printf '%s' "$kept" | jq .deployment_branch_policy.custom_branch_policies)" = true ]; then
    branches="$(gh api --paginate "$at/deployment-branch-policies" --jq '.branch_policies[].name')"
    case $'\n'"$branches"$'\n' in
      *$'\n'"$branch"$'\n'*) ;;
      *) gh api --silent --method POST "$at/deployment-branch-policies" -f "name=$branch" ;;
    esac
  fi
done

# 3. The keys, as secrets of those environments: no pull request and no other job sees them.
for environment in "${environments[@]}" "${looking[@]}"; do
  for name in @@KEYS@@; do
    read -rsp "$name of $environment (Enter: not now): " value || true
    printf '\n'
    if [ -n "${value:-}" ]; then printf '%s' "$value" | gh secret set "$name" --env "$environment"; fi
  done
done

# 4. The rules of two branches: one changes by pull requests whose plan was made, by a check of GitHub Actions
# (its app is number 15368) and of nobody else; the state is neither rewritten nor deleted.
rules="$(gh api --paginate 'repos/{owner}/{repo}/rulesets' --jq '.[] | .enforcement + " " + .name')"
missing() { # whether there are no such rules; those that somebody has switched off are told, and left
  if printf '%s\n' "$rules" | grep -xF -- "active $1" >/dev/null; then return 1; fi
  if ! printf '%s\n' "$rules" | cut -d ' ' -f 2- | grep -xF -- "$1" >/dev/null; then return 0; fi
  printf '%s\n' "The rules \"$1\" are switched off: Settings > Rules > Rulesets." >&2
  wrong=1
  return 1
}
if missing "podsync: $branch$label"; then
  gh api --silent --method POST 'repos/{owner}/{repo}/rulesets' --input - <<JSON
{"name": "podsync: $branch$label", "target": "branch", "enforcement": "active",
 "conditions": {"ref_name": {"include": ["refs/heads/$branch"], "exclude": []}},
 "rules": [
  {"type": "deletion"}, {"type": "non_fast_forward"},
  {"type": "pull_request", "parameters": {"required_approving_review_count": $approvals,
    "dismiss_stale_reviews_on_push": false, "require_code_owner_review": $owners_asked,
    "require_last_push_approval": $last_push, "required_review_thread_resolution": false}},
  {"type": "required_status_checks", "parameters": {"strict_required_status_checks_policy": false,
    "required_status_checks": [{"context": "podsync plan$label", "integration_id": 15368}]}}]}
JSON
fi
if missing "podsync: state$label"; then
  printf -v refs '"refs/heads/%s", ' "${states[@]}"
  gh api --silent --method POST 'repos/{owner}/{repo}/rulesets' --input - <<JSON
{"name": "podsync: state$label", "target": "branch", "enforcement": "active",
 "conditions": {"ref_name": {"include": [${refs%, }], "exclude": []}},
 "rules": [{"type": "deletion"}, {"type": "non_fast_forward"}]}
JSON
fi
if [ -n "$wrong" ]; then
  printf '%s\n' 'All else is set up. See to what is said above, then run this again.' >&2
  exit 1
fi
printf '%s\n' 'Done. Open a pull request with a product: its plan appears there, and the apply waits for you.'
