#!/bin/bash
# Builds the image of the fleet's hosts unless it exists: build-image.sh <folder of the image> <script that installs> <arguments of the
# script>… Runs in mount and process namespaces that end with it, under a lock. The script writes into the folder that it gets as
# first argument; it becomes the image once everything is in it.
set -euo pipefail
final=$1 install=$2
shift 2
export PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin" DEBIAN_FRONTEND=noninteractive LC_ALL=C

# Another process may have built it while this one waited for the lock.
if [ -d "$final" ]; then exit 0; fi
images=$(dirname "$final")
# Left by a build that was killed: the lock shows that none runs.
rm -rf "$images"/build.*
build=$(mktemp -d "$images/build.XXXXXX")
chmod 755 "$build"
bash "$install" "$build" "$@"
mv "$build" "$final"

# Each start of a fleet renews the time of its image.
find "$images" -mindepth 1 -maxdepth 1 -type d -mmin +1440 ! -path "$final" | while read -r old; do
  echo "removing $(basename "$old"), which no fleet has used for a day"
  rm -rf "$old"
done
