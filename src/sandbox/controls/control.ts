import type { PathValues } from '../http/request.ts';
import type { SandboxState } from '../sandbox.ts';

export interface ControlCall {
  readonly pathValues: PathValues;
  /** The JSON body; undefined without one, or if it is not JSON. */
  readonly body: unknown;
}

/** A control for tests and developers, outside of WeChat Pay's protocol. */
export interface Control {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  /** The descriptions on the page at `/sandbox`, in both languages. */
  readonly zh: string;
  readonly en: string;
  /** An example body, if the control needs one. */
  readonly example?: string;
  /**
   * Returns the JSON response (a string: as text), or a promise of it; throws ControlError
   * otherwise.
   */
  readonly handle: (call: ControlCall, sandbox: SandboxState) => unknown;
}
