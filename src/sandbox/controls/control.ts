import type { PathValues } from '../http/request.ts';
import type { SandboxState } from '../sandbox.ts';

export interface ControlCall {
  readonly pathValues: PathValues;
  /** The JSON body; undefined without one, or if it is not JSON. */
  readonly body: unknown;
}

/** Something that a test or a developer may ask of the sandbox, outside of WeChat's protocol. */
export interface Control {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  /** Both languages of the page at `/sandbox`. */
  readonly zh: string;
  readonly en: string;
  /** A body, for those that need one. */
  readonly example?: string;
  /** Returns what is answered as JSON (a string: as text), or promises it; throws ControlError otherwise. */
  readonly handle: (call: ControlCall, world: SandboxState) => unknown;
}
