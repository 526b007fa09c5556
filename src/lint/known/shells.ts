// Which shells become the last command of `-c TEXT` by themselves. Tried: dash 0.5.12 never does; bash 5.2 does it for a
// plain last command without a redirection, also in lists (since 5.1; before, only for a single command); busybox ash 1.35 does it in lists as well.
import { imageName } from './images.ts';

/** `keeps`: certainly stays between the signal and the program. `depends`: on the shell's kind or version. */
export type ShellHabit = 'keeps' | 'depends';

const BASH_AS_SH =
  /^(?:centos|fedora|rockylinux|almalinux|amazonlinux|oraclelinux|ubi\d*|ubi-minimal|ubi-micro|opensuse|leap|archlinux|redhat)/;

/** What a shell does with the last command of its text. */
export function shellHabit(shell: string, image: string | undefined): ShellHabit {
  const name = shell.replace(/^.*\//, '');
  if (name === 'bash' || name === 'ash' || name === 'zsh' || name === 'ksh') return 'depends';
  if (image === undefined) return 'keeps';
  const { base, tag } = imageName(image);
  if (BASH_AS_SH.test(base) || base === 'alpine' || base === 'busybox' || /alpine|busybox|ubi\d/.test(tag))
    return 'depends';
  return 'keeps';
}

/** What a shell does itself, or what is over in no time: nothing that a signal would have to reach. */
export const BRIEF: ReadonlySet<string> = new Set(
  '[ [[ test echo exit true false : printf return wait export set unset shift local cd mkdir rm cp mv ls cat chmod chown ln touch env source . eval read trap kill grep sed awk date pwd id whoami hostname curl wget tar unzip sha256sum envsubst find sort head tee sync openssl base64 jq yq uname nproc df du mount umount stat wc cut tr'.split(
    ' ',
  ),
);
