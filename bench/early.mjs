// Deciding early, on 2,000 simulated models a row: how often a gate errs, what it misses, and which share of the fixed-n queries it asks. Needs `npm run build`.
// `node bench/early.mjs`, or one of: floor, max-drop, worst-subgroup. A few minutes.
import { floors } from './early/floor.mjs';
import { maxDrop } from './early/max-drop.mjs';
import { ends, MODELS, PLANNED } from './early/table.mjs';
import { worstSubgroup } from './early/worst-subgroup.mjs';

const rules = { floor: floors, 'max-drop': maxDrop, 'worst-subgroup': worstSubgroup };

console.log(`early: ${PLANNED} examples planned, ${ends.length} looks, ${MODELS} models a row`);
for (const name of process.argv.length > 2 ? process.argv.slice(2) : Object.keys(rules)) rules[name]();
