// node grpc-process.mjs PORT: the service of items.proto.
import { serve } from './grpc-service.mjs';

await serve({ port: Number(process.argv[2]) });
