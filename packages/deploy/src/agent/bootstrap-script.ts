/**
 * Program of a POSIX shell that runs the agent of a release on a host, also on one that has neither Node nor an agent: it needs `tar`,
 * `gzip` and `sha256sum` only. Arguments: path of the archive, digests of the parts of Node and of the agent, arguments of the agent.
 *
 * A part whose digest differs isn't unpacked. A release is prepared with low priority, because the host serves in that time: in a session by itself,
 * since Linux divides the processor between sessions first, and `nice` alone changes nothing for other services (autogroups, sched(7)).
 */
export const bootstrapScript = `set -eu
archive=$1 node=$2 agent=$3
shift 3
umask 022
parts=/opt/fairlead/parts
mkdir -p "$parts"
for part in "$node" "$agent"; do
  [ -e "$parts/$part/.complete" ] && continue
  new="$parts/$part.bootstrap.$$"
  trap 'rm -rf "$new"' EXIT
  mkdir "$new"
  tar -xOf "$archive" "parts/$part.tar.gz" >"$new/archive"
  found=$(gzip -dc "$new/archive" | sha256sum)
  if [ "\${found%% *}" != "$part" ]; then
    echo "the part $part of $archive is damaged" >&2
    exit 65
  fi
  gzip -dc "$new/archive" | tar -xf - --no-same-owner -C "$new"
  rm "$new/archive"
  sync
  : >"$new/.complete"
  rm -rf "\${parts:?}/$part"
  mv "$new" "$parts/$part"
done
if [ "\${1-}" = prepare ]; then
  quiet='{ echo 10 >/proc/self/autogroup; } 2>/dev/null; exec "$@"'
  exec nice -n 10 setsid --wait sh -c "$quiet" sh "$parts/$node/bin/node" "$parts/$agent/agent/agent.mjs" "$@"
fi
exec "$parts/$node/bin/node" "$parts/$agent/agent/agent.mjs" "$@"
`;
