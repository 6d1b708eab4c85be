export { calibrate } from './calibration/calibrate.ts';
export { readCalibration } from './calibration/read-calibration.ts';
export type { Calibration, CalibrationRow, CheckMeasurement } from './calibration/calibrate.ts';
export { costParts } from './costs/cost-parts.ts';
export type { CostPart, CostQuantities, CostTerm } from './costs/cost-parts.ts';
export { costFormula, monthlyCost } from './costs/monthly-cost.ts';
export { publishedPrices } from './costs/published-prices.ts';
export type { PriceName, ServicePrice } from './costs/published-prices.ts';
export type {
  Architecture,
  InstanceData,
  InstanceType,
  Processor,
} from './instances/instance-type.ts';
export { publishedInstances } from './instances/published-instances.ts';
export { readInstances } from './instances/read-instances.ts';
export { recognizeProcessor } from './instances/recognize-processor.ts';
export { exampleMeasurement } from './measurement/example-measurement.ts';
export { measureGateway } from './measurement/measure-gateway.ts';
export type { MeasuredLoad, MeasureGatewayOptions } from './measurement/measure-gateway.ts';
export type { LoadTarget } from './load/load-order.ts';
export type {
  LoadPoint,
  MeasuredMachine,
  ModelMeasurement,
  Saturation,
} from './measurement/model-measurement.ts';
export { readMeasurement } from './measurement/read-measurement.ts';
export { fitLatencyModel, highestRate, predictP99Ms } from './queue/latency-model.ts';
export type { HostLoad, LatencyModel } from './queue/latency-model.ts';
export type { ErrorRange } from './recommendation/error-range.ts';
export { recommend } from './recommendation/recommend.ts';
export type { Recommendation, RecommendOptions } from './recommendation/recommend.ts';
export type { Range, SizedType } from './recommendation/size-type.ts';
export { countOscillations } from './scaling/count-oscillations.ts';
export { scaleInRule } from './scaling/host-scaling.ts';
export type { HostScalingOptions, ScalingAction } from './scaling/host-scaling.ts';
export { simulateScaling } from './scaling/simulate-scaling.ts';
export type { ScalingSimulation, SimulateScalingOptions } from './scaling/simulate-scaling.ts';
export { generateDay, readTraffic } from './scaling/traffic.ts';
export type { GenerateDayOptions, Traffic } from './scaling/traffic.ts';
export { allowedCores } from './usage/allowed-cores.ts';
export { SizingError, sizingErrorCodes } from './sizing-error.ts';
export type { SizingErrorCode } from './sizing-error.ts';
