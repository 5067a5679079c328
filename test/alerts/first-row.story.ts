// Stories of alerts, on a system of their own.

import { FIRST_ROW } from './alert-stories.ts';
import { tellStories } from './tell-stories.ts';

tellStories('what wakes somebody up, first row', FIRST_ROW);
