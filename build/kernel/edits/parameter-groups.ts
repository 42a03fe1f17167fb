// SPDX-License-Identifier: GPL-2.0-only
import { replaceOnce, type SourceEdit } from '../../edit.ts';

/**
 * For each of its parameters a built-in module's folder in /sys/module was removed and made anew with one file more,
 * and announced to nobody. Now all parameters are gathered first, and each folder is made and announced once.
 */
export const parameterGroups: SourceEdit = {
  file: 'kernel/params.c',
  apply: (text) =>
    replaceOnce(
      replaceOnce(replaceOnce(text, removal, ''), creation, gathered),
      lastGathered,
      `${lastGathered}${makeAll}`,
    ),
};

const removal = `	/* We need to remove old parameters before adding more. */
	if (mk->mp)
		sysfs_remove_group(&mk->kobj, &mk->mp->grp);

`;

const creation = `	BUG_ON(err);
	err = sysfs_create_group(&mk->kobj, &mk->mp->grp);
	BUG_ON(err);
	kobject_uevent(&mk->kobj, KOBJ_ADD);
	kobject_put(&mk->kobj);
`;

const gathered = `	BUG_ON(err);
	kobject_put(&mk->kobj);
`;

const lastGathered = `		kernel_add_sysfs_param(modname, kp, name_len);
	}
`;

const makeAll = `
	struct kobject *kobj;

	list_for_each_entry(kobj, &module_kset->list, entry) {
		struct module_kobject *mk = to_module_kobject(kobj);

		if (!mk->mp)
			continue;
		BUG_ON(sysfs_create_group(kobj, &mk->mp->grp));
		kobject_uevent(kobj, KOBJ_ADD);
	}
`;
