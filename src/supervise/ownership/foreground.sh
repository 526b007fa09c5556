#!/bin/sh
# Hands the terminal to a command, as an interactive shell does it: a process group of its own, in the foreground, and the
# terminal taken back afterwards. Node has no tcsetpgrp(3); a POSIX shell with job control (-m) calls it.
# foreground.sh JOIN GROUP... -- COMMAND...   JOIN is join.sh.
set -m
join=$1
shift
/bin/sh "$join" $$ say "$@"
code=$?
# Stopped (Ctrl+Z): nobody here could continue it later, so it goes on at once. 147 to 150 are 128 + STOP, TSTP, TTIN, TTOU.
while [ $code -ge 147 ] && [ $code -le 150 ] && fg %1 >/dev/null 2>&1; do
  code=$?
done
exit $code
