// Models of a pipeline.
export { onlineLogistic } from './logistic/online-logistic.ts';
export type { OnlineLogistic } from './logistic/online-logistic.ts';
export type { OnlineLogisticOptions } from './logistic/options.ts';
export type { Category } from './logistic/category.ts';
export type { FeatureRow } from './logistic/row.ts';
