// Stories of alerts, on a system of their own.

import { SECOND_ROW } from './alert-stories.ts';
import { tellStories } from './tell-stories.ts';

tellStories('what wakes somebody up, second row', SECOND_ROW);
