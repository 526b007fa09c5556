// Streams: pipelines that lose and repeat nothing (`lastcall/stream`).
/// <reference types="node" preserve="true" />
export { pipeline } from './pipeline.ts';
export type {
  ArchiveOptions,
  BatchStep,
  CallOptions,
  CommitOptions,
  Context,
  OnError,
  Outputs,
  Pipeline,
  PipelineOptions,
  RecordBatch,
  Step,
} from './pipeline.ts';
export { stoppable } from './parts.ts';
export type { PipelinePart, StopRules, WhileStopped } from './parts.ts';
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
export { CallFailure } from './calls/call.ts';
export { exportModel, onlineLogistic, onnx } from './models/index.ts';
export type {
  Category,
  ExportableModel,
  FeatureRow,
  LogisticDefinition,
  LogisticModel,
  OnlineLogistic,
  OnlineLogisticOptions,
  OnnxModel,
  OnnxOptions,
  OnnxPort,
  Swapped,
} from './models/index.ts';
export {
  columns,
  csvFiles,
  dropSinkDeadLetters,
  http,
  jsonlFiles,
  listSinkDeadLetters,
  none,
  readColumns,
  retrySinkDeadLetters,
  sqlite,
} from './sinks/index.ts';
export type {
  ColumnBatch,
  ColumnsOptions,
  CsvFilesOptions,
  FieldType,
  HttpOptions,
  PartOptions,
  SinkDeadLetter,
  SqliteOptions,
} from './sinks/index.ts';
export { BadRecord, csv, fromIterable, httpIngest, jsonl, parquet, sqliteTable } from './sources/index.ts';
export type {
  ColumnType,
  CsvOptions,
  CsvRow,
  CsvType,
  HttpIngestOptions,
  IterableFrom,
  JsonlOptions,
  ParquetOptions,
  ParquetRow,
  SqliteTableOptions,
} from './sources/index.ts';
export { counter, keyedValue, numbers, slidingCount, slidingMean } from './state/index.ts';
export type {
  Codec,
  Counter,
  EventTime,
  KeyBy,
  KeyedValue,
  KeyedValueOptions,
  Numbers,
  NumbersOptions,
  SlidingCount,
  SlidingMean,
  SlidingOptions,
  StateKey,
} from './state/index.ts';
export { inspectState } from './inspect/inspect-state.ts';
export type { InspectedModel, InspectedSlot, InspectedState, InspectOptions } from './inspect/inspect-state.ts';
export type { KeySummary, WindowSummary } from './inspect/summaries.ts';
export { checkpointBefore } from './replay/history.ts';
export { parseTarget } from './replay/target.ts';
export type { Target } from './replay/target.ts';
export { replay } from './replay/replay.ts';
export type { Replayed, ReplayRequest } from './replay/replay.ts';
export { statesAt, verifyState } from './verify/verify.ts';
export type { Verdict, VerifiedArchive, VerifyOptions } from './verify/verify.ts';
export type { Check, CheckName, Depth, Holding } from './verify/inspect.ts';
export type { ArchivedFile, ArchiveManifest } from './archive/manifest.ts';
