import type { VNode } from "preact";

import { Icon } from "../parts/icons";
import type { Survey } from "../wire";
import { clockWords, turnWords } from "./offer";

interface SurveyFactsProps {
  survey: Survey;
  username: string;
  /** To sign in as somebody else. */
  onChange: () => void;
}

/** What a camera is, and what to mend in its own settings. */
export function SurveyFacts({ survey, username, onChange }: SurveyFactsProps): VNode {
  const facts: [string, string][] = [
    ["Maker", survey.manufacturer || "It does not say"],
    ["Model", survey.model || "It does not say"],
    ["Firmware", survey.firmware || "It does not say"],
    ["Clock", clockWords(survey.clock_offset_s)],
    ["Turning", turnWords(survey.presets)],
  ];
  return (
    <>
      <div class="card">
        <h2>What it says of itself</h2>
        <dl class="facts facts-wide">
          {facts.map(([what, words]) => [<dt key={what}>{what}</dt>, <dd key={`${what}-words`}>{words}</dd>])}
          <dt>Asked as</dt>
          <dd class="asked-as">
            {username || "nobody: no user name"}
            <button type="button" class="link-button" onClick={onChange}>
              Sign in as somebody else
            </button>
          </dd>
        </dl>
      </div>
      {survey.warnings.length > 0 ? (
        <div class="card">
          <h2>To mend in its own settings</h2>
          <p class="card-note">None of this keeps you from adding it. Most of it lets pictures out past watchglass.</p>
          <ul class="cautions">
            {survey.warnings.map((warning) => (
              <li key={warning.about}>
                <Icon name="caution" />
                <span>{warning.sentence}</span>
              </li>
            ))}
          </ul>
        </div>
      ) : null}
    </>
  );
}
