// What is publicly documented of widely used images: which family they belong to, which stop signal they declare, whether
// an init is inside, whether there is a shell. Only what is certain is here; everything else is unknown.

export type Family = 'database' | 'broker' | 'model-server' | 'proxy' | 'worker' | 'web' | 'runtime' | 'system';

export interface ImageFacts {
  readonly family: Family | undefined;
  /** The image declares it, or declares none (TERM); undefined if that is not known. */
  readonly stopSignal: string | undefined;
  /** False: certainly no shell inside. */
  readonly hasShell: boolean | undefined;
  /** The image starts its program under a reaping init. */
  readonly hasInit: boolean;
  /** The image has an ENTRYPOINT of its own that execs or runs what CMD says; undefined: not known. */
  readonly entrypoint: 'none' | 'execs' | undefined;
}

const UNKNOWN: ImageFacts = {
  family: undefined,
  stopSignal: undefined,
  hasShell: undefined,
  hasInit: false,
  entrypoint: undefined,
};

/** Operating systems and language runtimes: TERM, no ENTRYPOINT that matters. */
const RUNTIMES =
  'debian ubuntu alpine centos fedora rockylinux almalinux amazonlinux busybox archlinux python node golang ruby openjdk eclipse-temurin amazoncorretto scratch buildpack-deps rust perl elixir erlang pypy mono swift oraclelinux opensuse/leap';

interface Known {
  readonly names: string;
  readonly family: Family;
  readonly stopSignal?: string;
  readonly hasInit?: boolean;
  readonly hasShell?: boolean;
}

const KNOWN: readonly Known[] = [
  { names: 'postgres postgis pgvector timescaledb timescaledb-ha', family: 'database', stopSignal: 'SIGINT' },
  {
    names:
      'mysql mariadb mysql-server percona percona-server mongo mongodb mongodb-community-server cassandra scylla couchdb couchbase neo4j influxdb clickhouse-server clickhouse elasticsearch opensearch cockroach cockroachdb yugabyte milvus qdrant weaviate arangodb rethinkdb mssql-server server:mssql victoria-metrics keydb',
    family: 'database',
  },
  { names: 'redis valkey dragonfly redis-stack redis-stack-server', family: 'database' },
  {
    names:
      'kafka cp-kafka cp-server zookeeper cp-zookeeper rabbitmq nats pulsar pulsar-all activemq activemq-artemis redpanda emqx mosquitto eclipse-mosquitto',
    family: 'broker',
  },
  { names: 'nginx', family: 'proxy', stopSignal: 'SIGQUIT' },
  { names: 'httpd', family: 'proxy', stopSignal: 'SIGWINCH' },
  { names: 'haproxy', family: 'proxy', stopSignal: 'SIGUSR1' },
  { names: 'php', family: 'runtime' },
  { names: 'traefik caddy envoy envoy-dev nginx-unprivileged kong openresty varnish', family: 'proxy' },
  { names: 'envoy-distroless', family: 'proxy', hasShell: false },
  {
    names:
      'vllm-openai vllm-openai-rocm text-generation-inference text-embeddings-inference tritonserver sglang ollama torchserve pytorch-serve tensorflow-serving localai llama.cpp infinity lmdeploy mlserver huggingfaceserver openvino_model_server',
    family: 'model-server',
  },
  {
    names:
      'coredns kube-state-metrics metrics-server pause cluster-autoscaler kube-apiserver kube-scheduler kube-controller-manager',
    family: 'system',
    hasShell: false,
  },
  { names: 'jenkins', family: 'web', hasInit: true },
];

const BY_NAME = new Map<string, Known>(
  KNOWN.flatMap((known) => known.names.split(' ').map((name) => [name, known] as const)),
);
const RUNTIME_NAMES = new Set(RUNTIMES.split(' '));

/** Path without registry and tag, tag. `registry:5000/a/b:1@sha256:…` → `a/b`, `1`. */
export function imageName(image: string): { path: string; base: string; tag: string } {
  const [name] = image.toLowerCase().split('@');
  const slash = name!.lastIndexOf('/');
  const colon = name!.indexOf(':', slash + 1);
  const path = colon === -1 ? name! : name!.slice(0, colon);
  const parts = path.split('/');
  if (parts.length > 1 && /[.:]|^localhost$/.test(parts[0]!)) parts.shift();
  return { path: parts.join('/'), base: parts.at(-1)!, tag: colon === -1 ? '' : name!.slice(colon + 1) };
}

/** @param image as it is written in a manifest or a FROM; undefined if unknown */
export function imageFacts(image: string | undefined): ImageFacts {
  if (image === undefined || image === '') return UNKNOWN;
  const { path, base, tag } = imageName(image);
  if (isDistroless(image.toLowerCase(), tag)) {
    return { family: 'runtime', stopSignal: 'SIGTERM', hasShell: false, hasInit: false, entrypoint: undefined };
  }
  const isOfficial = !path.includes('/') || path.startsWith('library/');
  if (isOfficial && base === 'php' && tag.includes('fpm'))
    return { ...UNKNOWN, family: 'runtime', stopSignal: 'SIGQUIT', entrypoint: 'execs' };
  if (isOfficial && base === 'php' && tag.includes('apache'))
    return { ...UNKNOWN, family: 'web', stopSignal: 'SIGWINCH', entrypoint: 'execs' };
  if (RUNTIME_NAMES.has(isOfficial ? base : path)) {
    const hasShell = base === 'scratch' ? false : undefined;
    return { family: 'runtime', stopSignal: 'SIGTERM', hasShell, hasInit: false, entrypoint: 'none' };
  }
  const known = BY_NAME.get(base);
  if (!known) return UNKNOWN;
  // Others build images of the same name (bitnami/nginx), with settings of their own.
  const isTheirs = isOfficial || !['nginx', 'httpd', 'haproxy', 'postgres', 'php'].includes(base);
  return {
    family: known.family,
    stopSignal: isTheirs ? known.stopSignal : undefined,
    hasShell: known.hasShell,
    hasInit: known.hasInit ?? false,
    entrypoint: undefined,
  };
}

/** Images without a shell by their makers' naming; a debug tag has one. */
function isDistroless(image: string, tag: string): boolean {
  if (/debug|-dev\b/.test(tag)) return false;
  return /(?:^|\/)distroless\/|distroless|^cgr\.dev\/chainguard\/(?:static|python|node|jre|nginx|go|glibc-dynamic)/.test(
    image,
  );
}
