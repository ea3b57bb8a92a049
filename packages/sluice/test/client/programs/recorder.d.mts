export declare function runScenario<Result>(client: object, source: string, argument: unknown): Promise<Result>;
