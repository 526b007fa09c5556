// Streams: pipelines that lose and repeat nothing (`lastcall/stream`).
export { pipeline } from './pipeline.ts';
export type {
  ArchiveOptions,
  BatchStep,
  CommitOptions,
  Context,
  OnError,
  Outputs,
  Pipeline,
  PipelineOptions,
  RecordBatch,
  Step,
} from './pipeline.ts';
export { START } from './ports.ts';
export type {
  Batch,
  Column,
  ModelDefinition,
  ModelInstance,
  OpenSink,
  OpenSource,
  Origin,
  Piece,
  Position,
  ReadResult,
  Sink,
  SinkContext,
  Source,
  SourceContext,
  StateDefinition,
  StateInstance,
} from './ports.ts';
export { runPipeline, startPipeline } from './engines/embedded/start.ts';
export type { RunningPipeline, RunOptions } from './engines/embedded/start.ts';
export type { PipelineProgress } from './engines/embedded/progress.ts';
export type { ModelStamp, Progress } from './engines/embedded/chain.ts';
export { onlineLogistic } from './models/index.ts';
export type { Category, FeatureRow, OnlineLogistic, OnlineLogisticOptions } from './models/index.ts';
export { none, sqlite } from './sinks/index.ts';
export { dropSinkDeadLetters, listSinkDeadLetters, retrySinkDeadLetters } from './sinks/index.ts';
export type { FieldType, SqliteOptions } from './sinks/index.ts';
export { BadRecord, parquet } from './sources/index.ts';
export type { ColumnType, ParquetOptions, ParquetRow } from './sources/index.ts';
export { slidingCount, slidingMean } from './state/index.ts';
export type { EventTime, KeyBy, SlidingCount, SlidingMean, SlidingOptions, StateKey } from './state/index.ts';
export { statesAt, verifyState } from './verify/verify.ts';
export type { Verdict, VerifiedArchive, VerifyOptions } from './verify/verify.ts';
export type { Check, CheckName, Depth, Holding } from './verify/inspect.ts';
export type { ArchivedFile, ArchiveManifest } from './archive/manifest.ts';
