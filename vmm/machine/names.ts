/** Names for machines that got none: an adjective and an animal, easy to say and to type. */
import { randomInt } from 'node:crypto';

const ADJECTIVES =
  'bold brave bright brisk calm clever cosy eager fair fond glad keen kind lively mellow merry neat nimble plucky proud quick quiet rapid sharp shy sly snug spry sunny swift tidy warm'.split(
    ' ',
  );
const ANIMALS =
  'badger beaver bison crane dingo dove eagle falcon ferret finch fox gecko heron ibis jackal koala lark lemur lynx marten mole moose newt otter owl panda puffin raven robin seal stoat wren'.split(
    ' ',
  );

/** One that `taken` does not know; numbered once the plain ones become rare. */
export function makeName(taken: (name: string) => boolean, pick: (bound: number) => number = randomInt): string {
  for (let attempt = 0; ; attempt++) {
    const plain = `${ADJECTIVES[pick(ADJECTIVES.length)]}-${ANIMALS[pick(ANIMALS.length)]}`;
    const name = attempt < 8 ? plain : `${plain}-${pick(10_000)}`;
    if (!taken(name)) return name;
  }
}

/** docker's rule for names of containers */
export const isValidName = (name: string): boolean => /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/.test(name);
