// The twenty jobs of the drill: short ones, failing ones, some that ignore SIGTERM or leave a process behind, some that are
// cancelled or preempted. Each writes what it does into a ledger, and looks whether anybody else runs in its place.
import type { JobRequest } from '../../scheduler/index.ts';

/**
 * A line of the ledger is JOB WORD. `overlap-job`: another attempt of the job lives; `overlap-slot`: another job lives on
 * the same slot. Whoever holds a place has written its number and start time there, so a number that is used again does not
 * count.
 */
function script(body: string): string {
  return `
    mine() { read -r stat < /proc/$$/stat; rest=\${stat##*) }; set -- $rest; echo "$$ \${20}"; }
    held() {
      read -r pid start < "$1" 2>/dev/null || return 1
      read -r stat < "/proc/$pid/stat" 2>/dev/null || return 1
      rest=\${stat##*) }; set -- $rest
      [ "\${20}" = "$start" ] && [ "$1" != Z ]
    }
    say() { echo "$LASTCALL_JOB_ID $1" >> "$LEDGER/ledger"; }
    for place in "job-$LASTCALL_JOB_ID" "slot-$CUDA_VISIBLE_DEVICES"; do
      if held "$LEDGER/$place"; then say "overlap-\${place%%-*}"; fi
      mine > "$LEDGER/$place"
    done
    say started
    ${body}`;
}

export function jobsOf(ledger: string): readonly JobRequest[] {
  const job = (name: string, body: string, rest: Partial<JobRequest> = {}): JobRequest => ({
    name,
    argv: ['/bin/sh', '-c', script(body)],
    cwd: '/',
    environment: { LEDGER: ledger },
    grace: '300ms',
    retries: 2,
    backoff: '10ms',
    ...rest,
  });
  const short = Array.from({ length: 8 }, (_, index) => job(`short-${index}`, `sleep 0.0${index + 1}; say done`));
  return [
    ...short,
    job('escapee-0', '(setsid sleep 30 &); say done'),
    job('escapee-1', '(setsid sh -c "trap \\"\\" TERM HUP; sleep 30" &); say done'),
    job('failing-0', 'exit 3', { retries: 1 }),
    job('failing-1', 'kill -9 $$', { retries: 0 }),
    job('late-0', 'trap "exit 0" TERM; while :; do sleep 0.02; done'),
    job('late-1', 'trap "" TERM; while :; do sleep 0.02; done'),
    job(
      'preempted-0',
      'if [ "$LASTCALL_RESUME" = 1 ]; then say done; exit 0; fi; trap "exit 108" TERM; while :; do sleep 0.02; done',
    ),
    job(
      'preempted-1',
      'if [ "$LASTCALL_RESUME" = 1 ]; then say done; exit 0; fi; trap "" TERM; while :; do sleep 0.02; done',
    ),
    job('cancelled-0', 'sleep 0.2; say done'),
    job('forced-0', 'sleep 0.2; say done'),
    job('gang-0', 'sleep 0.05; say done', { replicas: 1, gpus: 2 }),
    job('priority-0', 'say done', { priority: 5 }),
  ];
}

/** In which states a job may end. */
export function endsOf(name: string): readonly string[] {
  const kind = name.split('-')[0];
  if (kind === 'failing') return ['failed'];
  // Cancelled by somebody who may be too late.
  if (kind === 'cancelled' || kind === 'forced') return ['cancelled', 'completed'];
  if (kind === 'late') return ['cancelled'];
  return ['completed'];
}
