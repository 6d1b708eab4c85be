/** Properties of a new project. */
export interface Project {
  readonly name: string;
  /** Version of the Fairlead packages. */
  readonly version: string;
  readonly service: boolean;
}
