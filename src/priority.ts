// Which queue of a pass goes first. Every turn draws anew and remembers nothing, so that it holds for
// passes of one turn too.

/** How many turns begin with another queue than the first, where the order is strict. */
const GUARD = 0.1;

/**
 * The order in which the queues of a turn claim. Strict: as they are given, but one turn in ten begins
 * with one of the others, so that none starves. With weights: each place is drawn by them.
 *
 * @param random from 0 up to 1
 * @returns the places of the queues.
 */
export function drawOrder(
  count: number,
  weights: readonly number[] | undefined,
  random: () => number,
): readonly number[] {
  const places = Array.from({ length: count }, (_, place) => place);
  if (count === 1) return places;
  if (weights !== undefined) return drawByWeight(places, weights, random);
  const chance = random();
  if (chance >= GUARD) return places;
  const first = 1 + Math.floor((chance / GUARD) * (count - 1));
  return [first, ...places.filter((place) => place !== first)];
}

function drawByWeight(
  places: readonly number[],
  weights: readonly number[],
  random: () => number,
): number[] {
  const left = [...places];
  const order: number[] = [];
  while (left.length > 0) {
    let chance = random() * left.reduce((sum, place) => sum + (weights[place] ?? 0), 0);
    let index = 0;
    for (; index < left.length - 1; index += 1) {
      chance -= weights[left[index] ?? 0] ?? 0;
      if (chance < 0) break;
    }
    order.push(...left.splice(index, 1));
  }
  return order;
}
