// Ansible without its collections: runs the playbooks of deploy/ansible. It has no server.
import { python } from './sources/python.ts';
import type { Service } from './types.ts';

export const ansible: Service = {
  name: 'ansible',
  source: python({ packages: ['ansible-core==2.19.14'] }),
};
