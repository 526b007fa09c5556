#!/bin/sh
# Runs one command and outlives nothing: when the program that started us is gone (our fd 3, a pipe from it, ends),
# everything started here is killed. As process 1 of a PID namespace it also collects orphans, and names on fd 4 every
# process that the command left behind ("PID COMMAND LINE"). Started by own.ts; arguments: namespace|group COMMAND...
mode=$1
shift

# Kills what left our process group, by the mark in its environment; it may be starting more at the same time.
kill_strays() {
  tries=0
  found=yes
  while [ -n "$found" ] && [ $tries -lt 20 ]; do
    found=
    tries=$((tries + 1))
    for environment in $(grep -lF "OWNED_BY_RUN=$OWNED_BY_RUN" /proc/[0-9]*/environ); do
      directory=${environment%/environ}
      read -r stat <"$directory/stat" || continue
      set -- ${stat##*) } # state, parent, process group, …
      [ "$3" = $$ ] || { found=yes; kill -KILL "${directory#/proc/}"; }
    done
  done 2>/dev/null
}

(
  read -r _ <&3
  if [ "$mode" = namespace ]; then kill -KILL -1; else
    kill_strays
    kill -KILL 0
  fi
) 3<&3 4>&- &
watcher=$!

"$@" 3<&- 4>&- &
wait $!
code=$?

# Sets $left. Without a subshell around the loop, which would find itself.
find_left() {
  left=
  for directory in /proc/[0-9]*; do
    pid=${directory#/proc/}
    if [ "$pid" = 1 ] || [ "$pid" = "$watcher" ]; then continue; fi
    line=$(tr '\0' ' ' 2>/dev/null <"$directory/cmdline") || continue
    [ -z "$line" ] || left="$left$pid $line
" # no command line: a zombie, or gone by now
  done
}

if [ "$mode" = namespace ]; then
  tries=0
  find_left
  while [ -n "$left" ] && [ $tries -lt 20 ]; do # what the command has just killed may need a moment to go
    sleep 0.1
    tries=$((tries + 1))
    find_left
  done
  printf %s "$left" >&4
fi
kill -KILL $watcher 2>/dev/null
exit $code
