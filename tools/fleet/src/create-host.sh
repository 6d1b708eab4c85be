#!/bin/bash
# Creates disk and network of one host inside of the fleet's namespaces: create-host.sh <folder of the fleet> <host> <address>
# <folders of the image> <cgroup folder>… The host key and the client's key are in the folder already.
set -euo pipefail
folder=$1 host=$2 address=$3 layers=$4
shift 4
disk=$folder/$host/root
mkdir "$folder/$host/upper" "$folder/$host/work" "$disk"
# `volatile`: nothing is flushed to the machine's disk, because nothing has to survive it.
mount -t overlay overlay -o "lowerdir=$layers,upperdir=$folder/$host/upper,workdir=$folder/$host/work,volatile" "$disk"
ip netns add "$host"
ip link add "$host" type veth peer name host0 netns "$host"
ip link set "$host" master br0 up
ip -n "$host" link set lo up
ip -n "$host" addr add "$address/16" dev host0
ip -n "$host" link set host0 up
for cgroup in "$@"; do mkdir -p "$cgroup/$host"; done

install -m 600 "$folder/$host/ssh_host_ed25519_key" "$folder/$host/ssh_host_ed25519_key.pub" "$disk/etc/ssh/"
install -d -m 700 -o 1000 -g 1000 "$disk/home/admin/.ssh"
install -m 600 -o 1000 -g 1000 "$folder/client_key.pub" "$disk/home/admin/.ssh/authorized_keys"
tr -d - </proc/sys/kernel/random/uuid >"$disk/etc/machine-id"
echo "$host" >"$disk/etc/hostname"
printf '127.0.0.1 localhost\n127.0.1.1 %s\n' "$host" >"$disk/etc/hosts"
