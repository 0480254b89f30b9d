export { listenerProblems, METHODS, type Listener } from './listener.js';
