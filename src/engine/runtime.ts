/**
 * ONNX Runtime, which sends nothing about the models: its builds report sessions and models to their maker unless told otherwise before they start.
 * Everything that runs models takes it from here; threads that start workers import this first, since a worker cannot set the process's environment.
 */
import './telemetry-off.ts';

export * from 'onnxruntime-node';
