# Waits until standard input ends, then kills the process group and the session
# of the process whose number is the first argument. Builtins only, until all are
# dead; then the folder that is the second argument is removed.
read -r _
session=$1 folder=$2
kill -KILL -- "-$session"
# Children may have groups of their own. Where there is a /proc, its stat files
# name each process's session, as the fourth field behind the command's name.
# Another round finds what was started during the last one.
for round in 1 2 3 4 5 6 7 8 9 10; do
	found=
	for stat in /proc/[0-9]*/stat; do
		read -r line <"$stat" || continue
		set -- ${line##*) }
		if [ "$4" = "$session" ] && [ "$1" != Z ] && [ "$1" != X ]; then
			found=1 pid=${stat#/proc/}
			kill -KILL "${pid%/stat}"
		fi
	done
	[ -n "$found" ] || break
done
PATH=/bin:/usr/bin rm -rf -- "$folder"
