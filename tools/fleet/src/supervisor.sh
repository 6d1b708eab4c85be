#!/bin/bash
# Holds the namespaces of one fleet, and cleans up after it: supervisor.sh <temporary folder> <name> <cgroup hierarchy>…
# The fleet lives as long as standard input is open: the kernel closes it when the process that started the fleet ends, however
# that happens. Mounts, network devices and processes exist in the fleet's own namespaces only, so the kernel removes them
# with the last process; what is left are control groups and a folder.
set -u
temporary=$1 name=$2
shift 2
export PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
# A terminal's Ctrl-C and a killed group end the owner, which closes standard input.
trap '' INT TERM HUP

remove() {
  local root attempt
  for root in "${cgroups[@]}"; do
    for attempt in {1..50}; do
      [ -d "$root/$1" ] || break
      # A killed process stays in its control group for a moment.
      [ "$attempt" = 1 ] || sleep 0.1
      find "$root/$1" -depth -type d -exec rmdir {} + 2>/dev/null
    done
  done
  rm -rf --one-file-system "${temporary:?}/$1"
}
cgroups=("$@")

# One fleet at a time looks for dead ones and creates its own folder. Each supervisor holds a lock on its fleet's folder: a
# folder that can be locked belongs to a fleet whose processes are all dead.
exec 8<"$temporary"
flock 8
for folder in "$temporary"/fairlead-fleet-*; do
  [ -d "$folder" ] || continue
  exec 7<"$folder"
  if flock --nonblock 7; then remove "$(basename "$folder")"; fi
  exec 7<&-
done
mkdir -m 700 "$temporary/$name" || exit 1
exec 9<"$temporary/$name"
flock 9
exec 8<&-

# The first process of the namespaces also reaps orphans. With it, the kernel kills all others.
unshare --mount --net --pid --ipc --uts --fork --kill-child --mount-proc bash -c '
  set -e
  trap "" INT TERM HUP
  # The files of nspawn, of named network namespaces and of the load balancer.
  mount -t tmpfs tmpfs /run
  ip link set lo up
  ip link add br0 type bridge forward_delay 0
  ip addr add 10.77.0.1/16 dev br0
  ip link set br0 up
  echo ready
  while read -r _; do :; done
'
remove "$name"
