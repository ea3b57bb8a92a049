import {
  type BeforeApplicationShutdown,
  type DynamicModule,
  type FactoryProvider,
  Inject,
  Module,
} from "@nestjs/common";
import { HttpAdapterHost } from "@nestjs/core";
import { Sluice } from "../index.ts";
import { cutUnusedOnClose } from "../transports/node/connections/server-connections.ts";
import { checkAdapterOptions, type DrainingAdapterOptions } from "./shared/adapter-options.ts";

export { EventStream, type EventStreamOptions } from "./nest/nest-event-stream.ts";
export type { DrainingAdapterOptions as SluiceModuleOptions } from "./shared/adapter-options.ts";

/** Options of {@link SluiceModule.forRootAsync}. */
export interface SluiceModuleAsyncOptions extends Pick<DynamicModule, "imports">, Pick<FactoryProvider, "inject"> {
  /**
   * Returns the module's options, or a promise for them. Its arguments are the providers that `inject` names. Required.
   */
  readonly useFactory: FactoryProvider<DrainingAdapterOptions>["useFactory"];
}

const OPTIONS = Symbol("SluiceModuleOptions");

/**
 * A NestJS module that provides a Sluice to the whole application: to `@EventStream()`, and to constructors that inject
 * the class `Sluice`. Drains the Sluice when the application closes.
 */
export class SluiceModule implements BeforeApplicationShutdown {
  readonly #options: DrainingAdapterOptions;
  readonly #host: HttpAdapterHost;

  constructor(options: DrainingAdapterOptions, host: HttpAdapterHost) {
    this.#options = options;
    this.#host = host;
  }

  /** Makes the module from its options: `imports: [SluiceModule.forRoot({ sluice })]`. Throws `INVALID_OPTION`. */
  static forRoot(options: DrainingAdapterOptions): DynamicModule {
    checkAdapterOptions("SluiceModule", options, ["sluice", "drain"]);
    return SluiceModule.forRootAsync({ useFactory: () => options });
  }

  /**
   * Makes the module from the options that a factory returns. If an option is wrong, the application does not start.
   */
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
    if (drain === false) return;
    await sluice.drain(drain);
    // Nest would wait for unused connections until their clients leave.
    cutUnusedOnClose(this.#host.httpAdapter?.getHttpServer());
  }
}
Inject(OPTIONS)(SluiceModule, undefined, 0);
Inject(HttpAdapterHost)(SluiceModule, undefined, 1);
Module({})(SluiceModule);
