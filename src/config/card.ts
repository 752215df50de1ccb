/** The model card that a config names: what the people who ship the model say of it, in fields of a fixed list. */
import { basename } from 'node:path';
import { z } from 'zod';
import type { Card } from '../plugin/record.ts';
import { check, configError } from './problems.ts';
import { loadConfig } from './source.ts';

const text = z.string().max(20_000);
const value = z.union([text, z.number()]);

const cardSchema = z.strictObject({
  title: z.string().min(1).max(200),
  'intended-use': text.nullish(),
  'out-of-scope': text.nullish(),
  users: text.nullish(),
  'training-data': text.nullish(),
  limits: text.nullish(),
  'threat-model': z
    .strictObject({ norm: text.nullish(), epsilon: value.nullish(), access: text.nullish(), knowledge: text.nullish() })
    .nullish(),
  'ethical-considerations': text.nullish(),
  owner: text.nullish(),
  licence: text.nullish(),
  contact: text.nullish(),
});

/** Labels in the order of the report; a required field without text is a gap. */
const fields: readonly { name: string; label: string; required: boolean }[] = [
  { name: 'intended-use', label: 'Intended use', required: true },
  { name: 'out-of-scope', label: 'Out of scope', required: true },
  { name: 'users', label: 'Users', required: false },
  { name: 'training-data', label: 'Training data', required: true },
  { name: 'limits', label: 'Limits', required: true },
  { name: 'threat-model.norm', label: 'Threat model: norm', required: true },
  { name: 'threat-model.epsilon', label: 'Threat model: ε', required: true },
  { name: 'threat-model.access', label: "Threat model: the attacker's access", required: true },
  { name: 'threat-model.knowledge', label: "Threat model: the attacker's knowledge", required: true },
  { name: 'ethical-considerations', label: 'Ethical considerations', required: false },
  { name: 'owner', label: 'Owner', required: true },
  { name: 'licence', label: 'Licence', required: false },
  { name: 'contact', label: 'Contact', required: false },
];

/**
 * Reads a card.
 *
 * @throws InputError with line and column for a file that is no card, or a key that no card has
 */
export async function readCard(path: string): Promise<Card> {
  const { raw, locate } = await loadConfig(path);
  const checked = check(cardSchema, raw);
  if ('problems' in checked)
    throw configError(checked.problems, (at, part) => (raw === null ? basename(path) : locate(at, part)));
  const { title, 'threat-model': threat, ...rest } = checked.value;
  const written: Record<string, string | number | null | undefined> = {
    ...rest,
    ...Object.fromEntries(Object.entries(threat ?? {}).map(([key, said]) => [`threat-model.${key}`, said])),
  };
  return {
    title,
    fields: fields.map((field) => {
      const said = String(written[field.name] ?? '').trim();
      return { ...field, text: said === '' ? null : said };
    }),
  };
}
