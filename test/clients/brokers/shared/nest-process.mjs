// node nest-process.mjs PORT: a microservice of Nest over TCP.
import { serve } from './nest-service.mjs';

await serve(() => {}, Number(process.argv[2]));
