// SPDX-License-Identifier: Apache-2.0
// The calls of calls.json with the AWS SDK for JavaScript, traced by OpenTelemetry's
// instrumentation of it:
//
//   node calls.cjs CALLS
//
// What is to be set is in the environment (compare.py). Each call is in a span of its own, which
// has the number of the call as its name.
'use strict';

const fs = require('fs');

const PACKAGES = {
  s3: ['client-s3', 'S3Client'],
  dynamodb: ['client-dynamodb', 'DynamoDBClient'],
  sqs: ['client-sqs', 'SQSClient'],
  sns: ['client-sns', 'SNSClient'],
  lambda: ['client-lambda', 'LambdaClient'],
  kinesis: ['client-kinesis', 'KinesisClient'],
  secretsmanager: ['client-secrets-manager', 'SecretsManagerClient'],
  stepfunctions: ['client-sfn', 'SFNClient'],
  events: ['client-eventbridge', 'EventBridgeClient'],
  'bedrock-runtime': ['client-bedrock-runtime', 'BedrockRuntimeClient'],
};

// Before the SDK is loaded.
function telemetry() {
  const { metrics } = require('@opentelemetry/api');
  const { registerInstrumentations } = require('@opentelemetry/instrumentation');
  const { AwsInstrumentation } = require('@opentelemetry/instrumentation-aws-sdk');
  const { MeterProvider, PeriodicExportingMetricReader } = require('@opentelemetry/sdk-metrics');
  const { BatchSpanProcessor, NodeTracerProvider } = require('@opentelemetry/sdk-trace-node');
  const { OTLPMetricExporter } = require('@opentelemetry/exporter-metrics-otlp-proto');
  const { OTLPTraceExporter } = require('@opentelemetry/exporter-trace-otlp-proto');
  const { defaultResource, resourceFromAttributes } = require('@opentelemetry/resources');
  const resource = defaultResource().merge(
    resourceFromAttributes({ 'service.name': process.env.OTEL_SERVICE_NAME }),
  );
  const spans = new NodeTracerProvider({
    resource,
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
  });
  spans.register();
  const reader = new PeriodicExportingMetricReader({ exporter: new OTLPMetricExporter() });
  const meters = new MeterProvider({ resource, readers: [reader] });
  metrics.setGlobalMeterProvider(meters);
  registerInstrumentations({
    tracerProvider: spans,
    meterProvider: meters,
    instrumentations: [new AwsInstrumentation()],
  });
  return [spans, meters];
}

function filled(value, kept) {
  if (Array.isArray(value)) return value.map((item) => filled(item, kept));
  if (typeof value === 'string') return value.replace(/\$\{(\w+)\}/g, (_, name) => kept[name]);
  if (value === null || typeof value !== 'object') return value;
  if ('$bytes' in value) return Buffer.from(value.$bytes);
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [filled(key, kept), filled(item, kept)]),
  );
}

function at(output, path) {
  return path.split('.').reduce((value, step) => value[step], output);
}

const made = new Map();

function clientOf(service, throughGateway) {
  const key = `${service} ${throughGateway}`;
  if (!made.has(key)) {
    const [name, type] = PACKAGES[service];
    const sdk = require(`@aws-sdk/${name}`);
    const options = { forcePathStyle: true };
    if (throughGateway) options.endpoint = process.env.COMPARISON_GATEWAY;
    if (service === 'kinesis' || service === 'bedrock-runtime') {
      const { NodeHttpHandler } = require('@smithy/node-http-handler'); // moto has no HTTP/2
      options.requestHandler = new NodeHttpHandler();
    }
    made.set(key, [sdk, new sdk[type](options)]);
  }
  return made.get(key);
}

async function carryOut(call, kept) {
  const [sdk, client] = clientOf(call.service, 'gateway' in call);
  const command = new sdk[`${call.operation}Command`](filled(call.input, kept));
  let output;
  try {
    output = await client.send(command);
  } catch (error) {
    if (!error.$metadata) throw error;
    return error.name;
  }
  if (call.service === 's3' && output.Body) await output.Body.transformToByteArray();
  for (const [name, path] of Object.entries(call.keep ?? {})) kept[name] = at(output, path);
  return '';
}

async function main() {
  const calls = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
  const providers = telemetry();
  const tracer = require('@opentelemetry/api').trace.getTracer('comparison');
  const kept = { peer: process.env.OTEL_SERVICE_NAME };
  for (const [number, call] of calls.entries()) {
    const code = await tracer.startActiveSpan(String(number), async (span) => {
      try {
        return await carryOut(call, kept);
      } finally {
        span.end();
      }
    });
    if (!new RegExp(call.error ?? '^$').test(code)) {
      throw new Error(`call ${number}, ${call.operation}: ${code || 'no error'}`);
    }
  }
  for (const provider of providers) await provider.shutdown();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
