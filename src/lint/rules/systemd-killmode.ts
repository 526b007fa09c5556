// KillMode leaves processes of the service behind.
import { defineRule } from '../rule.ts';

/** Daemons whose children are other people's sessions or containers, and are meant to live on. */
const LEAVES_CHILDREN =
  /sshd|docker|containerd|k3s|rke2|kubelet|crio|cri-o|podman|libvirt|virt|lxc|lxd|incus|cron|atd|anacron|getty|login|nomad|teleport|tailscale|screen|tmux|slurm|systemd|udev|init|machined|dropbear|zfs|lightdm|gdm|sddm|xdm|display-manager|NetworkManager|dhcp|wpa_supplicant|buildkit|garden|salt-minion|puppet|chef|firecracker|qemu|ceph|gluster|multipath|iscsi|open-vm|snapd|flatpak|supervisor|emacs|openvpn|clamav|condor|pbs_mom|moby|cockpit|telnet|xinetd|vault|consul|boundary|inetd|vsftpd/i;

export const rule = defineRule({
  id: 'systemd-killmode',
  severity: 'warning',
  title: 'KillMode leaves processes of the service behind',
  why: '`none` sends no signal at all, and `process` only to the main one: workers and helpers live on after the stop, hold their ports and GPUs, and the next start runs beside them. systemd warns about `none` itself.',
  source: 'https://www.freedesktop.org/software/systemd/man/latest/systemd.kill.html#KillMode=',
  bad: { 'web.service': '[Service]\nExecStart=/opt/web/server\nKillMode=process\n' },
  good: { 'web.service': '[Service]\nExecStart=/opt/web/server\nKillMode=mixed\n' },
  check({ systemd }, report) {
    for (const { unit, program } of systemd) {
      const mode = unit.last('KillMode');
      if (!mode || program.role === 'job') continue;
      const value = mode.value.toLowerCase();
      if (value !== 'none' && value !== 'process') continue;
      if (LEAVES_CHILDREN.test(`${unit.name} ${unit.last('ExecStart')?.value ?? ''}`)) continue;
      report({
        at: mode.span,
        what:
          value === 'none'
            ? `${unit.name} is stopped without any signal: its processes go on.`
            : `Only the main process of ${unit.name} gets a signal: what it started goes on.`,
        todo: 'Use KillMode=mixed (TERM to the main process, KILL to what is left) or control-group (the default).',
        ...(value === 'none' ? { edits: [{ span: mode.span, text: 'mixed' }] } : {}),
      });
    }
  },
});
