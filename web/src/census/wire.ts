/** What the server says of censuses, exactly as it says it. */

/** A number of a census. `low` and `high` are null where nothing is known of its uncertainty; `how` says what they are. */
export interface CensusFigure {
  value: number;
  low: number | null;
  high: number | null;
  how: string;
}

/** How watched an area is. A figure that cannot be had is not there. */
export interface AreaMeasures {
  area: string;
  population: number | null;
  km2: number | null;
  figures: Record<string, CensusFigure>;
  indices: Record<string, number>;
}

/** Something in an input of a census that was not as it should be. `dropped`: it could not be used at all. */
export interface CensusRemark {
  source: string;
  where: string;
  what: string;
  dropped: boolean;
}

/** A census of cameras. `remarks` are the first of `remarks_in_all`. */
export interface Census {
  made: string;
  inputs: string[];
  areas: AreaMeasures[];
  assumptions: string[];
  notes: string[];
  remarks: CensusRemark[];
  remarks_in_all: number;
}

/** A census that was published here. `made` is null where it cannot be read. */
export interface KeptCensus {
  name: string;
  made: string | null;
  areas: number;
}
