// What `npm run simulate --` understands.

import { parseArgs } from 'node:util';
import { type ScenarioName, ScenarioNames } from './scenarios.ts';
import { type Answer, UnverifiedFacts } from './unverified-facts.ts';

export type SimulateArguments = {
  readonly seeds: number;
  readonly from: number;
  readonly scenario: ScenarioName | undefined;
  /** The positions of the acts that are kept: a shrunk history. */
  readonly keep: readonly number[] | undefined;
  /** Instead of what each history draws. */
  readonly answers: Answer | undefined;
  /** Seeds that are left out. */
  readonly except: readonly number[];
  readonly jobs: number;
  readonly trace: boolean;
  readonly untilFailure: boolean;
  readonly exhaustive: boolean;
};

export const USAGE = `npm run simulate -- [--seeds N] [--from N] [--scenario NAME] [--fact 'NAME=N'] [--except 1,2] [--jobs N] [--until-failure]
npm run simulate -- --from SEED --seeds 1 [--scenario NAME] [--keep 1,2,3] --trace
npm run simulate -- --exhaustive [--scenario NAME]

--scenario  one of ${ScenarioNames.join(', ')}; without it each seed draws one
--fact      one answer to an unverified fact, by its number: ${Object.keys(UnverifiedFacts).join('; ')}
--except    seeds that are left out, such as 12,45
--keep      only these acts of the history, as a shrunk failure names them
--trace     every step, for one seed`;

export type Parsed =
  | { readonly ok: true; readonly value: SimulateArguments }
  | { readonly ok: false; readonly problem: string };

export function parseArguments(args: readonly string[], defaultJobs: number): Parsed {
  try {
    return { ok: true, value: read(args, defaultJobs) };
  } catch (error) {
    return { ok: false, problem: error instanceof Error ? error.message : String(error) };
  }
}

function read(args: readonly string[], defaultJobs: number): SimulateArguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seeds: { type: 'string', default: '1000' },
      from: { type: 'string', default: '1' },
      scenario: { type: 'string' },
      fact: { type: 'string', multiple: true },
      keep: { type: 'string' },
      except: { type: 'string', default: '' },
      jobs: { type: 'string', default: String(defaultJobs) },
      trace: { type: 'boolean', default: false },
      'until-failure': { type: 'boolean', default: false },
      exhaustive: { type: 'boolean', default: false },
    },
  });
  return {
    seeds: whole('--seeds', values.seeds, 1),
    from: whole('--from', values.from, 0),
    scenario: values.scenario === undefined ? undefined : scenarioNamed(values.scenario),
    keep: values.keep === undefined ? undefined : numbers('--keep', values.keep),
    except: numbers('--except', values.except),
    answers: values.fact === undefined ? undefined : Object.assign({}, ...values.fact.map(answerNamed)),
    jobs: whole('--jobs', values.jobs, 1),
    trace: values.trace,
    untilFailure: values['until-failure'],
    exhaustive: values.exhaustive,
  };
}

function numbers(name: string, list: string): readonly number[] {
  return list
    .split(',')
    .filter((text) => text !== '')
    .map((text) => whole(name, text, 0));
}

function whole(name: string, text: string, min: number): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < min)
    throw new Error(`${name} is '${text}': expected a whole number from ${min}`);
  return value;
}

function scenarioNamed(text: string): ScenarioName {
  const name = ScenarioNames.find((each) => each === text);
  if (name === undefined)
    throw new Error(`--scenario is '${text}': expected one of ${ScenarioNames.join(', ')}`);
  return name;
}

function answerNamed(text: string): Answer {
  const [name = '', number = ''] = text.split('=');
  const answer = UnverifiedFacts[name]?.[Number(number)];
  if (answer === undefined)
    throw new Error(
      `--fact is '${text}': expected '<name>=<number from 0>' with one of ${Object.keys(UnverifiedFacts).join('; ')}`,
    );
  return answer;
}
