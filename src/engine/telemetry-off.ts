/** Keeps ONNX Runtime from sending telemetry and from writing its caches for it. Read once, when the runtime starts (microsoft/onnxruntime#27379). */
process.env.ORT_DISABLE_TELEMETRY ??= '1';
