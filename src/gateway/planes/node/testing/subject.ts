// The node plane for the behaviour suite.
import type { Subject } from '../../suite/subject.ts';
import { NO_LIMITS, Scene } from './scene.ts';

export const NODE_PLANE: Subject = {
  via: 'lastcall',
  headBytesMax: 16 * 1_024,
  async start(t, instancePorts, options = {}) {
    const { trustedHops = 0, headMsMax, bodyIdleMsMax, bodyBytesMax = 0 } = options;
    let turn = 0;
    const scene = new Scene(t, {
      plane: {
        trustedHops,
        ...(headMsMax === undefined ? {} : { headTime: headMsMax }),
        ...(bodyIdleMsMax === undefined ? {} : { bodyIdle: bodyIdleMsMax }),
      },
      forward: { limits: { ...NO_LIMITS, bodyBytesMax } },
      direct: (_request, _failed, self) => self.forward(upstreams[turn++ % upstreams.length]!),
    });
    const upstreams = instancePorts.map((port, index) => scene.add(`instance-${index + 1}`, port));
    await scene.plane.listen(scene.unit, { host: '127.0.0.1', port: 0 });
    await scene.unit.ready();
    return scene.port;
  },
};
