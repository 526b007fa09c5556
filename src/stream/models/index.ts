// Models of a pipeline.
export { exportModel } from './model-file.ts';
export type { ExportableModel, ModelHeader } from './model-file.ts';
export { onlineLogistic } from './logistic/online-logistic.ts';
export type { LogisticDefinition, LogisticModel, OnlineLogistic } from './logistic/online-logistic.ts';
export type { OnlineLogisticOptions } from './logistic/options.ts';
export type { Category } from './logistic/category.ts';
export type { FeatureRow } from './logistic/row.ts';
export { onnx } from './onnx/onnx.ts';
export type { OnnxModel } from './onnx/instance.ts';
export type { OnnxOptions, OnnxPort } from './onnx/options.ts';
export { SwapSlot } from './slot.ts';
export type { AtBarrier, ModelPlace, Swapped, Switch } from './slot.ts';
