// One pod of a workload as the target: it is ended by deleting it, and watched through the API until it is gone and the
// workload has as many ready pods as before. Nothing else in the cluster is touched.
import { LastcallError } from '../../base/errors.ts';
import type { Target, TargetEnd } from '../target/target.ts';
import type { KubernetesApi } from './api.ts';
import {
  type EndpointSlice,
  exitCodeOfPod,
  isEndpointReady,
  isReadyPod,
  type Pod,
  selectorOf,
  type Workload,
  workloadPath,
} from './objects.ts';

const LOOK_MS = 50;
/** Looks that may fail in a row: an API server that restarts is no end of a pod. */
const FAILURES_MAX = 100;

export interface KubernetesPlace {
  readonly api: KubernetesApi;
  readonly namespace: string;
  /** `deploy/NAME`. */
  readonly workload: string;
}

export class KubernetesTarget implements Target {
  readonly owned = false;
  readonly knowsExit = true;
  readonly output = null;
  readonly ended: Promise<TargetEnd>;
  readonly #place: KubernetesPlace;
  readonly #pod: Pod;
  readonly #selector: string;
  readonly #wanted: number;
  readonly #note: (what: string) => void;
  readonly #done = Promise.withResolvers<TargetEnd>();
  #end: TargetEnd | null = null;
  #exitCode: number | null = null;
  #wasEndpoint = false;
  #isOver = false;

  private constructor(
    place: KubernetesPlace,
    found: { pod: Pod; selector: string; wanted: number },
    note: (what: string) => void,
  ) {
    this.#place = place;
    this.#pod = found.pod;
    this.#selector = found.selector;
    this.#wanted = found.wanted;
    this.#note = note;
    this.ended = this.#done.promise;
    void this.#watch();
  }

  /** @throws LastcallError `not_found` if there is no such workload, or none of its pods is ready */
  static async find(place: KubernetesPlace, note: (what: string) => void): Promise<KubernetesTarget> {
    const { api, namespace, workload } = place;
    const object = await api.get<Workload>(`/apis/apps/v1/namespaces/${namespace}/${workloadPath(workload)}`);
    if (object === null) throw missing(workload, `there is no such workload in namespace ${namespace}`);
    const selector = selectorOf(object);
    const pods = await podsOf(place, selector);
    const pod = pods.find(isReadyPod);
    if (!pod) throw missing(workload, `none of its ${pods.length} pods is ready`);
    return new KubernetesTarget(place, { pod, selector, wanted: pods.filter(isReadyPod).length }, note);
  }

  get end(): TargetEnd | null {
    return this.#end;
  }

  /** They are on another machine. */
  processes(): readonly never[] {
    return [];
  }

  survivors(): readonly never[] {
    return [];
  }

  /** SIGTERM is what deleting sends; the command line lets no other signal come here. */
  signal(): void {
    const { api } = this.#place;
    api
      .delete(this.#path(), { preconditions: { uid: this.#pod.metadata.uid } })
      .catch((error: unknown) => this.#done.reject(error));
  }

  async outputEnded(): Promise<void> {}

  async destroy(): Promise<void> {
    this.#isOver = true;
    this.#place.api.close();
  }

  /** Whether there are as many ready pods as before again. */
  async isReplaced(withinMs: number): Promise<boolean> {
    const endAtMs = performance.now() + withinMs;
    while (performance.now() < endAtMs) {
      const pods = await podsOf(this.#place, this.#selector);
      if (pods.filter(isReadyPod).length >= this.#wanted) return true;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    return false;
  }

  async #watch(): Promise<void> {
    let failures = 0;
    while (!this.#isOver && this.#end === null) {
      try {
        await this.#look();
        failures = 0;
      } catch (error) {
        if (++failures > FAILURES_MAX) return this.#done.reject(error);
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  async #look(): Promise<void> {
    const { api, namespace } = this.#place;
    const slices = await api.get<{ items?: EndpointSlice[] }>(
      `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`,
    );
    const isEndpoint = isEndpointReady(slices?.items ?? [], this.#pod.metadata.uid) === true;
    if (this.#wasEndpoint && !isEndpoint) this.#note('endpoint not ready');
    this.#wasEndpoint = isEndpoint;
    const pod = await api.get<Pod>(this.#path());
    const isGone = pod === null || pod.metadata.uid !== this.#pod.metadata.uid;
    const code = isGone ? null : exitCodeOfPod(pod);
    if (code !== null && this.#exitCode === null) {
      this.#exitCode = code;
      this.#note(`containers ended with ${code}`);
    }
    if (!isGone) return;
    this.#end = { atMs: performance.now(), code: this.#exitCode, signal: null };
    this.#done.resolve(this.#end);
  }

  #path(): string {
    return `/api/v1/namespaces/${this.#place.namespace}/pods/${this.#pod.metadata.name}`;
  }
}

async function podsOf({ api, namespace }: KubernetesPlace, selector: string): Promise<Pod[]> {
  const list = await api.get<{ items?: Pod[] }>(
    `/api/v1/namespaces/${namespace}/pods?labelSelector=${encodeURIComponent(selector)}`,
  );
  return list?.items ?? [];
}

function missing(on: string, what: string): LastcallError {
  return new LastcallError('not_found', { what, on, todo: 'See kubectl get deployments,pods.' });
}
