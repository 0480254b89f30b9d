import { oneLine } from '../core/index.js';
import { ownMembers, prototypesOf, type ClassType, type Member } from './member.js';
import { classNameOf } from './tokens.js';

/**
 * What is the breaker of a method called that has no name?
 *
 * `Sub.find`, after the class of the object: subclasses of one base talk to different dependencies, so each has a
 * breaker of its own. A guarded method below another guarded one of its name, which `super` calls, has its own class
 * beside that: `Sub.find (Base)`; two such classes of one name are counted from the nearest: `Sub.find (Base 2)`.
 */
export function unnamedBreaker(member: Member, type: ClassType): string {
  const [nearest, ...hidden] = prototypesOf(type)
    .flatMap(ownMembers)
    .filter(({ key }) => key === member.key);
  const name = `${breakerClassName(type)}.${String(member.key)}`;
  // A method that was copied into the class is among none of them.
  if (nearest === undefined || nearest === member) return oneLine(name);
  const level = levelOf(member);
  const twins = hidden.filter((other) => levelOf(other) === level);
  const number = twins.indexOf(member) + 1;
  return oneLine(`${name} (${level}${number > 1 ? ` ${number}` : ''})`);
}

const levelOf = ({ owner }: Member): string => breakerClassName(owner.constructor as ClassType);

/** `mixin()` of Nest gives a class a random name, another one at each start. */
const RANDOM_NAME = /^[0-9a-f]{21}$/;
const WRITTEN_NAME = /^class\s+(?!extends\b)([^\s{]+)/;

/** A class's name as its author wrote it. */
function breakerClassName(type: ClassType): string {
  const name = classNameOf(type);
  if (!RANDOM_NAME.test(name)) return name;
  return WRITTEN_NAME.exec(Function.prototype.toString.call(type))?.[1] ?? classNameOf(undefined);
}
