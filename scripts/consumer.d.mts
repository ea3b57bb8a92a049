export interface Host {
  readonly types: string[];
  readonly lib: string[];
}
export function makeConsumer(folder: string): void;
export function writeProject(folder: string, module: string, host: Host): string;
export const MODULE_KINDS: readonly string[];
export const HOSTS: readonly Host[];
