// The argument that names a job.

export const JOB = {
  name: 'job',
  describe: 'Id of a job, as lastcall jobs shows it',
  kind: { type: 'text', placeholder: 'JOB' },
  presence: 'required',
} as const;
