set -euo pipefail
umask 077

# secret NAME COMMAND...: what COMMAND prints is the secret NAME from now on, unless there is one.
secret() {
  local file=$STATE_DIRECTORY/$1
  shift
  if [ ! -s "$file" ]; then
    "$@" >"$file.new"
    mv "$file.new" "$file"
  fi
}

# setting KEY PREFIX FILE: the program is told that KEY is PREFIX and what FILE holds. jq's strings are TOML's, too.
setting() {
  if [ ! -s "$3" ]; then
    echo "$1: $3 is empty" >&2
    exit 1
  fi
  printf '%s = %s\n' "$1" "$(jq -Rs --arg before "$2" '$before + rtrimstr("\n")' <"$3")" >>"$settings"
}

# url KEY PREFIX FILE SUFFIX: the same of an address, in which what FILE holds stands between the two, with %-escapes.
url() {
  if [ ! -s "$3" ]; then
    echo "$1: $3 is empty" >&2
    exit 1
  fi
  printf '%s = %s\n' "$1" "$(jq -Rs --arg before "$2" --arg after "$4" '$before + (rtrimstr("\n") | @uri) + $after' <"$3")" >>"$settings"
}

settings=$RUNTIME_DIRECTORY/.reflector.toml.new
: >"$settings"
