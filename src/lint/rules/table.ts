// All rules, in the order of the docs page. Adding one is a file here and a line below; its examples are tested as they stand.
import type { Rule } from '../rule.ts';
import { rule as composeGraceMissing } from './compose-grace-missing.ts';
import { rule as composeInit } from './compose-init.ts';
import { rule as ecsStopTimeout } from './ecs-stop-timeout.ts';
import { rule as entrypointNoExec } from './entrypoint-no-exec.ts';
import { rule as goRunAsPid1 } from './go-run-as-pid1.ts';
import { rule as gpuNoLimit } from './gpu-no-limit.ts';
import { rule as graceLiteral } from './grace-literal.ts';
import { rule as graceSum } from './grace-sum.ts';
import { rule as graceZero } from './grace-zero.ts';
import { rule as gunicornGracefulTimeout } from './gunicorn-graceful-timeout.ts';
import { rule as hpaFlap } from './hpa-flap.ts';
import { rule as jobRestartPolicy } from './job-restart-policy.ts';
import { rule as kafkaSessionTimeout } from './kafka-session-timeout.ts';
import { rule as lbTimeouts } from './lb-timeouts.ts';
import { rule as lightshipSum } from './lightship-sum.ts';
import { rule as livenessEqualsReadiness } from './liveness-equals-readiness.ts';
import { rule as livenessKillsDrain } from './liveness-kills-drain.ts';
import { rule as noAnnounceDelay } from './no-announce-delay.ts';
import { rule as noInitReaper } from './no-init-reaper.ts';
import { rule as noReadiness } from './no-readiness.ts';
import { rule as noStartupProbe } from './no-startup-probe.ts';
import { rule as nomadKillTimeout } from './nomad-kill-timeout.ts';
import { rule as nomadShutdownDelay } from './nomad-shutdown-delay.ts';
import { rule as npmAsPid1 } from './npm-as-pid1.ts';
import { rule as pdbBlocksDrain } from './pdb-blocks-drain.ts';
import { rule as pid1IgnoresSigterm } from './pid1-ignores-sigterm.ts';
import { rule as pm2KillTimeout } from './pm2-kill-timeout.ts';
import { rule as prestopEatsGrace } from './prestop-eats-grace.ts';
import { rule as prestopNeedsShell } from './prestop-needs-shell.ts';
import { rule as rolloutCutsCapacity } from './rollout-cuts-capacity.ts';
import { rule as shellForm } from './shell-form.ts';
import { rule as sidecarOrder } from './sidecar-order.ts';
import { rule as spotGrace } from './spot-grace.ts';
import { rule as stopsignalMismatch } from './stopsignal-mismatch.ts';
import { rule as systemdExecstopReturnsEarly } from './systemd-execstop-returns-early.ts';
import { rule as systemdKillmode } from './systemd-killmode.ts';
import { rule as systemdNoNotify } from './systemd-no-notify.ts';
import { rule as systemdRestartExitCodes } from './systemd-restart-exit-codes.ts';
import { rule as systemdSendsigkillOff } from './systemd-sendsigkill-off.ts';
import { rule as systemdTimeout } from './systemd-timeout.ts';
import { rule as terminusSum } from './terminus-sum.ts';
import { rule as uvicornGracefulTimeout } from './uvicorn-graceful-timeout.ts';

export const RULES: readonly Rule[] = [
  graceSum,
  prestopEatsGrace,
  graceZero,
  graceLiteral,
  spotGrace,
  prestopNeedsShell,
  noAnnounceDelay,
  lbTimeouts,
  noReadiness,
  livenessEqualsReadiness,
  livenessKillsDrain,
  noStartupProbe,
  sidecarOrder,
  rolloutCutsCapacity,
  pdbBlocksDrain,
  hpaFlap,
  jobRestartPolicy,
  gpuNoLimit,
  shellForm,
  entrypointNoExec,
  npmAsPid1,
  goRunAsPid1,
  noInitReaper,
  pid1IgnoresSigterm,
  stopsignalMismatch,
  gunicornGracefulTimeout,
  uvicornGracefulTimeout,
  pm2KillTimeout,
  terminusSum,
  lightshipSum,
  kafkaSessionTimeout,
  composeGraceMissing,
  composeInit,
  systemdTimeout,
  systemdKillmode,
  systemdExecstopReturnsEarly,
  systemdRestartExitCodes,
  systemdNoNotify,
  systemdSendsigkillOff,
  nomadKillTimeout,
  nomadShutdownDelay,
  ecsStopTimeout,
];
