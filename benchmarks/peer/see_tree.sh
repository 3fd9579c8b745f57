#!/bin/sh
# Run a command that sees a simulated tree at /sys/class/powercap, and nobody else does:
#     unshare --mount --propagation private sh see_tree.sh TREE COMMAND [ARGUMENT...]
# sysfs takes no new folder: where the machine has no powercap, a tmpfs with the same classes
# stands over /sys/class. With FORBIDDEN=1 the command may not read files against their mode.
set -eu
tree=$1
shift
seen=/sys/class/powercap
if [ ! -d "$seen" ]; then
    real=$(mktemp -d)
    mount --bind /sys/class "$real"
    mount -t tmpfs none /sys/class
    for one in "$real"/*; do
        mkdir "/sys/class/${one##*/}"
        mount --bind "$one" "/sys/class/${one##*/}"
    done
    umount "$real"
    rmdir "$real"
    mkdir "$seen"
fi
mount --bind "$tree" "$seen"
if [ "${FORBIDDEN:-}" = 1 ]; then
    less=-dac_override,-dac_read_search
    exec setpriv --inh-caps=$less --bounding-set=$less "$@"
fi
exec "$@"
