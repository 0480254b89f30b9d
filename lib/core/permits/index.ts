export { AllowAll, RampUp, Random, toPermit, type Permit, type PermitLike } from './permits.js';
