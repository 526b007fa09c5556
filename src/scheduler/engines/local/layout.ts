// Where the files of jobs are: STATE/jobs/JOB/ATTEMPT/MEMBER/, and one directory for checkpoints that all attempts share.
import { join } from 'node:path';

export class Layout {
  readonly root: string;

  constructor(stateDir: string) {
    this.root = join(stateDir, 'jobs');
  }

  job(job: string): string {
    return join(this.root, job);
  }

  checkpoints(job: string): string {
    return join(this.root, job, 'checkpoints');
  }

  /** @param run `JOB/ATTEMPT` */
  run(run: string): string {
    return join(this.root, run);
  }

  member(run: string, member: string): string {
    return join(this.root, run, member);
  }
}
