// What a plan holds, as far as the tests look at it: the resources that will be, and the outputs that are known.

import { z } from 'zod';

const Resource = z.object({
  address: z.string(),
  type: z.string(),
  index: z.union([z.string(), z.number()]).optional(),
  values: z.record(z.string(), z.unknown()),
});
export type PlannedResource = z.output<typeof Resource>;

type Module = { resources?: PlannedResource[] | undefined; child_modules?: Module[] | undefined };
const Module: z.ZodType<Module> = z.lazy(() =>
  z.object({ resources: z.array(Resource).optional(), child_modules: z.array(Module).optional() }),
);

const Plan = z.object({
  planned_values: z.object({
    outputs: z.record(z.string(), z.object({ value: z.unknown().optional() })).default({}),
    root_module: Module,
  }),
  resource_changes: z
    .array(
      z.object({
        address: z.string(),
        change: z.object({
          actions: z.array(z.string()),
          importing: z.object({ id: z.string() }).optional(),
        }),
      }),
    )
    .default([]),
  configuration: z.object({ root_module: z.unknown() }),
});

export type Planned = {
  readonly resources: readonly PlannedResource[];
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly changes: z.output<typeof Plan>['resource_changes'];
  /** The root module as it is written: what depends on what. */
  readonly written: unknown;
};

/** Throws where the text is not a plan. */
export function parsePlan(json: string): Planned {
  const { planned_values, resource_changes, configuration } = Plan.parse(JSON.parse(json));
  const outputs = Object.entries(planned_values.outputs).map(([name, { value }]) => [name, value]);
  return {
    resources: resourcesOf(planned_values.root_module),
    outputs: Object.fromEntries(outputs),
    changes: resource_changes,
    written: configuration.root_module,
  };
}

function resourcesOf(module: Module): PlannedResource[] {
  return [...(module.resources ?? []), ...(module.child_modules ?? []).flatMap(resourcesOf)];
}
