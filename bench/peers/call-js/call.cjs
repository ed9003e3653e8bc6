// SPDX-License-Identifier: Apache-2.0
// The calls of bench_call with the AWS SDK for JavaScript, traced by OpenTelemetry's
// instrumentation of it: PutObject of 1 KiB and GetItem, against bench_stub.
//
//   node call.cjs PORT COUNT [traced]
//
// Prints one line of JSON: CPU microseconds of the whole process a call.
'use strict';

function trace() {
  const { registerInstrumentations } = require('@opentelemetry/instrumentation');
  const { AwsInstrumentation } = require('@opentelemetry/instrumentation-aws-sdk');
  const { BatchSpanProcessor, NodeTracerProvider } = require('@opentelemetry/sdk-trace-node');
  const drop = {
    export: (spans, done) => done({ code: 0 }),
    forceFlush: async () => {},
    shutdown: async () => {},
  };
  const provider = new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor(drop)] });
  provider.register();
  registerInstrumentations({
    tracerProvider: provider,
    instrumentations: [new AwsInstrumentation()],
  });
}

function cpuUs() {
  const used = process.cpuUsage();
  return used.user + used.system;
}

async function measure(count, call) {
  for (let i = 0; i < count / 4 + 500; i++) await call();
  const start = cpuUs();
  for (let i = 0; i < count; i++) await call();
  return Math.round(((cpuUs() - start) / count) * 10) / 10;
}

async function main() {
  const port = process.argv[2];
  const count = Number(process.argv[3]);
  if (process.argv[4] === 'traced') trace(); // before the SDK is loaded
  const { S3Client, PutObjectCommand } = require('@aws-sdk/client-s3');
  const { DynamoDBClient, GetItemCommand } = require('@aws-sdk/client-dynamodb');
  const options = {
    region: 'us-east-1',
    endpoint: `http://127.0.0.1:${port}`,
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  };
  const objects = new S3Client({ ...options, forcePathStyle: true });
  objects.middlewareStack.add(
    (next) => (args) => {
      args.request.headers['x-amz-content-sha256'] = 'UNSIGNED-PAYLOAD';
      return next(args);
    },
    { step: 'build', name: 'unsignedPayload' },
  );
  const items = new DynamoDBClient(options);
  const body = Buffer.alloc(1024, 'x');
  const put = await measure(count, () =>
    objects.send(new PutObjectCommand({ Bucket: 'bench-bucket', Key: 'some/key', Body: body })),
  );
  const get = await measure(count, async () => {
    const answer = await items.send(
      new GetItemCommand({ TableName: 'bench-table', Key: { id: { S: 'item-1' } } }),
    );
    if (Object.keys(answer.Item).length !== 5) throw new Error('the item is not complete');
  });
  console.log(JSON.stringify({ put_object: put, get_item: get }));
  process.exit(0);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
