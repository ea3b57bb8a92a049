import {
  type BeforeApplicationShutdown,
  type DynamicModule,
  type FactoryProvider,
  Inject,
  Module,
} from "@nestjs/common";
import { Sluice } from "../index.ts";
import { checkAdapterOptions, type DrainingAdapterOptions } from "./adapter-options.ts";

export type { DrainingAdapterOptions as SluiceModuleOptions } from "./adapter-options.ts";
export { EventStream, type EventStreamOptions } from "./nest-event-stream.ts";

/** Options that are made of what other providers know. */
export interface SluiceModuleAsyncOptions extends Pick<DynamicModule, "imports">, Pick<FactoryProvider, "inject"> {
  readonly useFactory: FactoryProvider<DrainingAdapterOptions>["useFactory"];
}

const OPTIONS = Symbol("SluiceModuleOptions");

/** Makes a Sluice known to the whole application: to `@EventStream()`, and by its class to constructors. Drains it when the application closes. */
export class SluiceModule implements BeforeApplicationShutdown {
  readonly #options: DrainingAdapterOptions;

  constructor(options: DrainingAdapterOptions) {
    this.#options = options;
  }

  /** `imports: [SluiceModule.forRoot({ sluice })]`. Throws `INVALID_OPTION`. */
  static forRoot(options: DrainingAdapterOptions): DynamicModule {
    checkAdapterOptions("SluiceModule", options, ["sluice", "drain"]);
    return SluiceModule.forRootAsync({ useFactory: () => options });
  }

  /** The same, of what a factory makes. */
  static forRootAsync({ imports = [], inject = [], useFactory }: SluiceModuleAsyncOptions): DynamicModule {
    const sluiceOf = (options: DrainingAdapterOptions) => {
      checkAdapterOptions("SluiceModule", options, ["sluice", "drain"]);
      return options.sluice;
    };
    const providers = [
      { provide: OPTIONS, inject, useFactory },
      { provide: Sluice, inject: [OPTIONS], useFactory: sluiceOf },
    ];
    return { module: SluiceModule, global: true, imports, providers, exports: [Sluice] };
  }

  async beforeApplicationShutdown(): Promise<void> {
    const { sluice, drain = {} } = this.#options;
    if (drain !== false) await sluice.drain(drain);
  }
}
Inject(OPTIONS)(SluiceModule, undefined, 0);
Module({})(SluiceModule);
