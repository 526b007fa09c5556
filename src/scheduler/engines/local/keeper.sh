#!/bin/sh
# Keeps one process of a job: keeper.sh [GROUP]...   in the directory of that process, whose files are its whole world
# (docs/scheduler.md, "Keepers"). It outlives the scheduler, starts its command once or never, and records how it ended.
# It is no member of the control groups that it is given, and has no cookie: nobody who ends the job ends it.
trap '' HUP INT QUIT TERM
umask 077
# What the shell itself says of the command ("Terminated") goes where it can be read: it tells a signal from an exit code.
exec 2>note

# Space for the last word is taken now, while there is some.
printf '%1024s' '' >exit.tmp || exit 1
read -r stat </proc/self/stat
rest=${stat##*) }
set -f
groups=$*
# shellcheck disable=SC2086 # fields of proc(5)'s stat, from the third on
set -- $rest
echo "$$ ${20}" >keeper.tmp && mv keeper.tmp keeper.pid || exit 1

# Only one side can win this: a scheduler that takes over has renamed it to `revoked`, and then nothing is started.
mv go claimed || exit 0

(
  trap - HUP INT QUIT TERM
  exec >>stdout 2>>stderr </dev/null
  for group in $groups; do
    echo 0 >"$group/cgroup.procs" || exit 126
  done
  read -r stat </proc/self/stat
  rest=${stat##*) }
  set -- $rest
  echo "${stat%% *} ${20}" >started
  # Sets the directory, the environment and the words of the command.
  . ./spec || exit 126
  exec setsid -- "$@"
)
code=$?

how=exit
if [ $code -gt 128 ]; then
  how=either
  [ -n "${BASH_VERSION-}" ] || [ $code = 130 ] || [ $code = 141 ] || how=exit
  [ ! -s note ] || how=signal
fi
read -r boot </proc/sys/kernel/random/boot_id
read -r host </proc/sys/kernel/hostname
read -r uptime _ </proc/uptime
printf '%s\n' "$code $how" "$uptime" "$boot" "$host" end 1<>exit.tmp
sync exit.tmp
mv exit.tmp exit
